from markupsafe import Markup

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_date


class CreditPromise(models.Model):
    """The e-mail that confirms a promise to the customer: a message of the collector's, sent and kept like any other."""

    _inherit = "credit.promise"  # pylint: disable=consider-merging-classes-inherited

    def _confirm(self):
        """Queue a message that says what was promised, in the customer's language, with the items.

        :raise UserError: when the contact has no e-mail address to be used
        """
        self.ensure_one()
        profile = self.partner_id._followup_profile(self.company_id)
        recipient = self._addressee(self.partner_id, self.company_id, self.promised_by_id)
        if not recipient:
            raise UserError(
                self.env._(
                    "%s has no e-mail address that works: give it one, or do not confirm.", self.partner_id.name
                )
            )
        action = profile._prepare_action(recipient, self.line_ids.move_line_id)
        lang = self.env["credit.dunning.words"]._lang(action)
        action.write(self.with_context(lang=lang)._confirmation_words())
        action.action_confirm()
        self.confirmation_id = action

    @api.model
    def _addressee(self, customer, company, contact):
        """Return who gets the confirmation: the contact who promised, else the one that reminders go to; or nobody, without
        an address."""
        profile = customer._followup_profiles(company)
        usual = profile._recipient() if profile else customer.browse(customer.address_get(["invoice"])["invoice"])
        for partner in filter(None, (contact, usual)):
            if partner.email_normalized and partner.email_normalized != profile.bounced_email:
                return partner
        return customer.browse()

    def _confirmation_words(self):
        """Return the subject and the text, in the language of the context."""
        facts = {
            "amount": format_amount(self.env, self.amount, self.currency_id),
            "date": format_date(self.env, self.date_promised, date_format="d MMMM y"),
        }
        if self.kind == "firm":
            subject = self.env._("Your promise to pay %(amount)s on %(date)s", **facts)
            thanks = self.env._(
                "As agreed, we expect your payment of %(amount)s on %(date)s for the items below. Thank you.",
                **facts,
            )
            until = self.env._(
                "Until then we will not remind you of them. If something should delay this payment, please tell us before "
                "that day."
            )
        else:
            subject = self.env._("Your payment of %(amount)s announced for %(date)s", **facts)
            thanks = self.env._(
                "Thank you for letting us know that you intend to pay %(amount)s on %(date)s for the items below.",
                **facts,
            )
            until = self.env._("If something should delay this payment, please tell us before that day.")
        paragraphs = (
            self.env._("Dear Sir or Madam,"),
            thanks,
            until,
            "{items}",
            self.env._("With our best regards,"),
        )
        return {"subject": subject, "body": Markup("").join(Markup("<p>%s</p>") % words for words in paragraphs)}
