from odoo import api, fields, models
from odoo.tools import LazyTranslate, email_normalize

from .credit_collection_action import UNSENT

_lt = LazyTranslate(__name__)


class CreditCollectionAction(models.Model):
    """Actions that do not count after all: what did not arrive, and what was only a test. Their level is not consumed."""

    _inherit = "credit.collection.action"  # pylint: disable=consider-merging-classes-inherited

    def _void_bounced(self, email):
        """These reminders came back from ``email``: their level is not consumed, and the address is not used again."""
        for action in self:
            action._record_not_arrived(
                self.env._("Came back from %s", email),
                _lt("A reminder came back: correct the address."),
                self.env._("%(action)s came back from %(email)s.", action=action.display_name, email=email),
                state="void" if action.state == "sent" else "failed",
                bounced_email=email_normalize(email) or email,
            )

    def _record_not_arrived(self, reason, summary, note="", state="void", **address):
        """The message did not arrive: its level is not consumed, and a person is asked to act.

        :param summary: what the activity on the customer's file says, ``note`` its details
        :param state: ``void`` for what was sent, ``failed`` for what was not
        :param address: the address not to be used again, by its field of the file
        :raise UserError: to void what was not sent
        """
        self.ensure_one()
        self._set_state(state, "sent" if state == "void" else None, reason=reason)
        self.line_ids._void_later_calls()
        profile = self.partner_id._followup_profile(self.company_id)
        if address:
            profile.write(address)
        profile._raise_activity("credit_collection.mail_activity_failed", summary, {profile: note})

    def _void_test(self, reason):
        """What was only tried out: no level is consumed, and the items may be chased again."""
        self._set_state("void", reason=reason, is_test=True, date_done=fields.Datetime.now())
        self.sudo().line_ids.filtered(lambda line: line.state != "info")._void()

    @api.model
    def _drop_tests(self, company):
        """Take back what a night with a test addressee prepared and what has not left, calls that nobody made included: the
        next night prepares it anew, and nothing of a test reaches a customer."""
        waiting = ("to_do", *UNSENT)
        tests = self.search([("company_id", "=", company.id), ("is_test", "=", True), ("state", "in", waiting)])
        tests._lock_state()
        calls = tests.filtered(lambda action: action.state == "to_do")
        calls._void_test(self.env._("It was on the agenda as a test only."))
        unsent = tests.filtered(lambda action: action.state in UNSENT)
        unsent._set_state("cancelled", reason=self.env._("It was prepared as a test only."))
