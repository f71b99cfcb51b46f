from odoo import models
from odoo.exceptions import UserError


class CreditOpenItem(models.Model):
    """A message about items chosen in a list."""

    _inherit = "credit.open.item"  # pylint: disable=consider-merging-classes-inherited

    def action_write_message(self):
        """Open a new message to the customer that lists these items; it is sent and kept like a reminder.

        :raise UserError: for items of several customers
        """
        self.check_access("read")
        if len(self.partner_id) != 1 or len(self.company_id) != 1:
            raise UserError(self.env._("Choose items of one customer to write to."))
        profile = self.partner_id._followup_profile(self.company_id)
        return profile._prepare_action(profile._recipient(), self.move_line_id)._get_records_action()
