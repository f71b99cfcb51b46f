from odoo import api, fields, models
from odoo.tools import plaintext2html


class MailActivity(models.Model):
    _inherit = "mail.activity"

    @api.model
    def _followup_ask(self, xmlid, users, notes, summary=None):
        """Ask users to act on documents of one model, each once while such an activity is open.

        :param str xmlid: the activity's type
        :param dict users: the users by document
        :param dict notes: a text by document; may lack some
        :param LazyGettext summary: what is asked, if it says more than the type's name; in the language of who is asked
        """
        activity_type = self.env.ref(xmlid)
        asked = {(activity.res_id, activity.user_id) for activity in self._followup_open([xmlid], [*users])}
        self.sudo().with_context(mail_activity_quick_update=True).create(
            [
                {
                    "activity_type_id": activity_type.id,
                    "automated": True,
                    "summary": summary and self.with_context(lang=user.lang).env._(summary),
                    "note": plaintext2html(notes[document]) if notes.get(document) else False,
                    "res_model_id": self.env["ir.model"]._get_id(document._name),
                    "res_id": document.id,
                    "user_id": user.id,
                    "date_deadline": fields.Date.context_today(document),
                }
                for document, to_ask in users.items()
                for user in to_ask
                if (document.id, user) not in asked
            ]
        )

    @api.model
    def _followup_open(self, xmlids, documents):
        """Return what is still asked about documents of one model, of these types of activity."""
        if not documents:
            return self.browse()
        return self.sudo().search(
            [
                ("res_model", "=", documents[0]._name),
                ("res_id", "in", [document.id for document in documents]),
                ("activity_type_id", "in", [self.env.ref(xmlid).id for xmlid in xmlids]),
            ]
        )
