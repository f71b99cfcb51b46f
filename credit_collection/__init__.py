from . import demo, models, report, tools, wizard


def _post_init_hook(env):
    """Give every company its own copy of the shipped scenarios, switched off, and those in France its policies."""
    companies = env["res.company"].search([])
    companies._create_dunning_scenarios()
    env["credit.interest.policy"]._create_shipped(companies)


def _uninstall_hook(env):
    """Remove first what uninstalling would stumble over, and what Odoo leaves behind of any addon."""
    # The shipped scenarios and rates are deleted one by one before the tables are dropped: let nothing hold them.
    env.cr.execute("DELETE FROM credit_opening")
    env.cr.execute("DELETE FROM credit_collection_action")
    env.cr.execute("DELETE FROM credit_interest_policy")
    env.cr.execute("DELETE FROM credit_dispute")
    env.cr.execute(
        "UPDATE account_move_line SET followup_late_reason_id = NULL WHERE followup_late_reason_id IS NOT NULL"
    )
    env.cr.execute("UPDATE credit_profile SET scenario_id = NULL")
    env.cr.execute("UPDATE credit_dunning_level SET anchor_level_id = NULL")
    # The activities on core's documents would keep their types.
    env.cr.execute(
        """DELETE FROM mail_activity a USING ir_model_data d
            WHERE d.module = 'credit_collection' AND d.model = 'mail.activity.type' AND d.res_id = a.activity_type_id"""
    )
    env.invalidate_all()
    own = env["ir.model.data"].search([("module", "=", "credit_collection"), ("model", "=", "ir.model")])
    own_models = env["ir.model"].browse(own.mapped("res_id")).filtered(lambda model: model.model.startswith("credit."))
    # What people saved for the lists of these models
    names = own_models.mapped("model")
    env["ir.filters"].with_context(active_test=False).search([("model_id", "in", names)]).unlink()
    env["ir.exports"].search([("resource", "in", names)]).unlink()
    # What Odoo keeps of these models under the modules of their mixins
    choices = env["ir.model.fields.selection"].search([("field_id.model_id", "in", own_models.ids)])
    bases = env["ir.model.inherit"].search([("model_id", "in", own_models.ids)])
    for kept in (choices, bases):
        env["ir.model.data"].search(
            [("model", "=", kept._name), ("res_id", "in", kept.ids), ("module", "!=", "credit_collection")]
        ).unlink()
    # The foreign keys of columns added to Odoo's own tables
    env["ir.model.constraint"].search(
        [("module.name", "=", "credit_collection"), ("type", "=", "f"), ("model", "not in", own_models.ids)]
    ).unlink()
