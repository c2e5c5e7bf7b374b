"""End points of deploy."""

from services.deploy.api import applies, controllers, deployments, environments, plans, terraform

ROUTERS = [
    environments.router,
    plans.router,
    applies.router,
    deployments.router,
    controllers.router,
    terraform.router,
]
