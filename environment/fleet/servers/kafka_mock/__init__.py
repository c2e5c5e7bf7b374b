"""The local event bus: librdkafka's mock cluster behind a relay that gives it a fixed port and real long polls.

`python -m environment.fleet.servers.kafka_mock --port 9092 --control-port 9093 --data-dir DIR`
"""
