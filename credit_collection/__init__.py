from . import demo, models, report, tools, wizard


def _post_init_hook(env):
    """Give every company its own copy of the shipped scenarios, switched off."""
    env["res.company"].search([])._create_dunning_scenarios()
