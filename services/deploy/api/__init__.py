"""End points of deploy."""

from services.deploy.api import admissions, applies, controllers, deployments, environments, plans, terraform

ROUTERS = [
    environments.router,
    plans.router,
    applies.router,
    deployments.router,
    controllers.router,
    admissions.router,
    terraform.router,
]
