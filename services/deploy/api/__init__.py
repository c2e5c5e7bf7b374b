"""End points of deploy."""

from services.deploy.api import controllers, deployments, environments, terraform

ROUTERS = [environments.router, deployments.router, controllers.router, terraform.router]
