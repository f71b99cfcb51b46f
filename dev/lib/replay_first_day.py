"""The first day as a new user lives it: the guided start's list, a night with a test addressee, the first night for real.

Inside Odoo, in a process each, see demo_registry.py. A night is returned as rows of customer, level, channel, outcome,
address and amounts per currency; the rows of all three have to be equal.
"""

from datetime import timedelta

from markupsafe import escape

from odoo.addons.credit_collection.wizard.credit_start import LISTED

import demo_steps
import replay_cases

OUTCOMES = {
    "to_confirm": "To confirm",
    "to_print": "Letter",
    "to_do": "Call",
    "queued": "Mail",
    "failed": "Cannot leave",
}


def rehearse(env, company: int, test_addressee: str) -> list[list]:
    """Go through the guided start; return the night that its last step lists.

    :raise AssertionError: when it does not show a customer of that night
    """
    start = _start(env, company)
    today = start.company_id._dunning_today()
    cutoff = today - timedelta(days=replay_cases.CUTOFF_DAYS)
    start.write({"followup_cutoff_date": cutoff, "followup_test_email": test_addressee, "night_date": today})
    while start.step != "night":
        start.action_next()

    def read(actions):
        actions = actions.with_env(env)
        problems = start._night_problems(actions)
        return _rows(actions, lambda action: "failed" if action in problems else action.state)

    run = env["credit.dunning.run"]
    rows = run._rehearse(start.company_id, start.followup_scenario_id, start.night_date, read)
    unseen = {row[0] for row in rows if escape(row[0]) not in start.night}
    assert not unseen or len(rows) > LISTED, f"The guided start does not show {', '.join(sorted(unseen))}"
    return rows


def test_night(env, company: int) -> list[list]:
    """The night with the test addressee, its letters printed."""
    before = _last_action(env)
    _start(env, company).action_test_night()
    env["credit.dunning.mailer"]._cron_send()
    return _done(env, company, before)


def live_night(env, company: int) -> dict:
    """Switch on as the guided start does, and do the nightly run; then print the letters."""
    _start(env, company).action_switch_on()
    env.cr.commit()
    before = _last_action(env)
    night = demo_steps.night(env, company)
    return {**night, "rows": _done(env, company, before)}


def _start(env, company):
    """The guided start of a credit manager."""
    admin = env.ref("base.user_admin")
    admin.group_ids |= env.ref("credit_collection.credit_collection_group_manager")
    model = env["credit.start"].with_user(admin).with_context(allowed_company_ids=[company], lang="en_US")
    return model.create({})


def _last_action(env):
    return env["credit.collection.action"].search([], order="id desc", limit=1).id or 0


def _done(env, company, after):
    """The rows of what was prepared since, once the letters are printed."""
    env.invalidate_all()
    actions = env["credit.collection.action"].search([("id", ">", after), ("company_id", "=", company)])
    actions.filtered(lambda action: action.state == "to_print").action_print()
    return _rows(actions, _outcome)


def _outcome(action):
    """What a rehearsal calls what has become of the action meanwhile."""
    if action.state in ("sent", "void"):
        return {"email": "queued", "letter": "to_print", "call": "to_do"}[action.channel]
    return action.state


def _rows(actions, outcome):
    channels = dict(actions._fields["channel"]._description_selection(actions.env))
    # the lines of a test are void like it; of a reminder that left, only those that were dropped
    void = actions.line_ids.filtered(lambda line: line.state == "void" and line.action_id.state != "void")
    listed = (actions.line_ids - void).filtered(lambda line: line.kind == "claimed" or line.level_id)
    listed = listed.grouped("action_id")
    return [
        [
            action.partner_id.name,
            action.level_id.name,
            channels[action.channel],
            OUTCOMES[outcome(action)],
            action.recipient_id.email or "",
            demo_steps.amounts(listed.get(action, action.line_ids.browse()), "amount"),
        ]
        for action in actions.sudo().sorted(
            lambda action: (action.level_id.day, action.channel, action.partner_id.name)
        )
    ]
