from odoo import models


class CreditStart(models.TransientModel):
    _inherit = "credit.start"

    def _night_problems(self, actions):
        """EXTENDS 'credit_collection': the SMS that would find no number."""
        texter = self.env["credit.dunning.texter"].sudo()
        texts = actions.filtered(lambda action: (action.channel, action.state) == ("sms", "queued"))
        blacklist = texter._blacklist(texts)
        problems = {action: texter._problem(action, blacklist) for action in texts}
        return super()._night_problems(actions) | {action: problem for action, problem in problems.items() if problem}
