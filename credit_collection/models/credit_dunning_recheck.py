from odoo import fields, models
from odoo.tools import SQL


class CreditDunningRecheck(models.AbstractModel):
    """The last look at the ledger before a written reminder leaves, by mail or on paper."""

    _name = "credit.dunning.recheck"
    _description = "Re-check of reminders"

    def _sql_held(self):
        """Whether action ``a`` may not leave now, whatever the ledger says of its items."""
        companies = self.env["res.company"].sudo()._dunning_companies()
        closed = [company.id for company in companies if company._dunning_is_closed(company._dunning_today())]
        stale = [company.id for company in companies._payments_stale()]
        return SQL(
            """(a.company_id IN %(closed)s OR a.level_id IS NOT NULL AND a.company_id IN %(stale)s
                OR EXISTS (SELECT FROM credit_profile r WHERE r.partner_id = a.partner_id AND r.company_id = a.company_id
                                                         AND r.reply_waiting)
                OR EXISTS (SELECT FROM credit_dunning_level l JOIN credit_dunning_scenario s ON s.id = l.scenario_id
                            WHERE l.id = a.level_id AND (s.live AND s.active) IS NOT TRUE))""",
            closed=tuple(closed) or (0,),
            # a message that a person wrote is theirs to judge
            stale=tuple(stale) or (0,),
        )

    def _held(self, actions):
        """Return the actions that may not leave now, whatever the ledger says of their items."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                "SELECT a.id FROM credit_collection_action a WHERE a.id IN %s AND %s",
                tuple(actions.ids) or (0,),
                self._sql_held(),
            )
        )
        return actions.browse([row[0] for row in rows])

    def _recheck(self, actions):
        """Drop what may no longer be claimed, bring the figures up to date; return the actions that still go out.

        A line is dropped when its item is no longer due for that level: paid, excluded, disputed, paused, covered …
        An action without lines left is cancelled; one whose text was edited before its figures changed goes back to be
        confirmed, and so does one that now claims more of an item of which claims are confirmed by hand.
        """
        OpenItem = self.env["credit.open.item"].sudo().with_context(credit_ignore_prepared=True)
        OpenItem.invalidate_model()
        dropped, moved, changed, raised = actions.line_ids.browse(), {}, actions.browse(), actions.browse()
        for company, mine in actions.grouped("company_id").items():
            items = OpenItem.with_context(tz=company._dunning_tz()).browse(mine.line_ids.move_line_id.ids).exists()
            items.fetch(
                [
                    *("always_confirm", "chase_state", "next_level_id"),
                    *("claimable_amount", "claimable_company", "days_overdue"),
                ]
            )
            by_id = {item.id: item for item in items}
            bank = OpenItem._bank_amounts(set(mine.line_ids.move_line_id.ids) - by_id.keys())
            for line in mine._standing_lines():
                item = by_id.get(line.move_line_id.id)
                vals = self._verdict(line, item, bank.get(line.move_line_id.id))
                if vals is None:
                    dropped |= line
                elif vals:
                    moved[line] = vals
                    if item and item.always_confirm and vals["amount"] > line.amount > 0:
                        raised |= line.action_id
            reminders = mine.filtered("level_id")
            changed |= self._add_credits(reminders, OpenItem) | self._add_bank_credits(reminders)
        changed |= dropped.union(*moved).action_id
        if dropped:
            dropped._void()
        for line, vals in moved.items():
            line._write_evidence(vals)
        for action in changed:
            claimed = OpenItem.browse(action._standing_lines("claimed").move_line_id.ids)
            action._write_state({"amount_company": sum(claimed.mapped("claimable_company"))})
        ready = actions.browse()
        for action in actions - actions._cancel_settled():
            if action in changed and action._is_edited():
                action._set_state("to_confirm", reason=self.env._("The figures changed after the text was edited."))
            elif action in raised:
                action._set_state("to_confirm", reason=self.env._("It now claims more, which has to be confirmed."))
            else:
                ready |= action
        return ready

    def _verdict(self, line, item, received):
        """Return what is to be written on the line: nothing while it stands as it is, None when it is to be dropped.

        :param item: the open item it lists, or None when nothing of it is open
        :param received: what is left of the money that it lists, waiting on the bank account; None for any other line
        """
        if received is not None:
            return {"amount": received} if line.currency_id.compare_amounts(line.amount, received) else {}
        if (
            not item
            or item.chase_state in ("excluded", "disputed")
            or (item.chase_state in ("stopped", "promised") and line.action_id.level_id)
            or (line.state == "pending" and (item.chase_state, item.next_level_id) != ("chase", line.level_id))
        ):
            return None
        late = line.kind == "not_due" and item.days_overdue > 0
        if late or line.currency_id.compare_amounts(line.amount, item.claimable_amount):
            return {"amount": item.claimable_amount, "kind": "claimed" if late else line.kind}
        return {}

    def _add_credits(self, actions, OpenItem):
        """List the credits that came since the actions were prepared; return the actions that changed."""
        credits = OpenItem.search(
            [
                ("company_id", "in", actions.company_id.ids),
                ("partner_id", "in", actions.partner_id.ids),
                ("bucket", "=", "credit"),
            ]
        )
        vals_list = []
        for action in actions:
            claimed, listed = action._totals("claimed"), action.line_ids.move_line_id
            vals_list += [
                {**item._prepare_line_vals(), "action_id": action.id, "move_line_id": item.id, "state": "info"}
                for item in credits
                if item.partner_id == action.partner_id and item.currency_id in claimed
                if item.claimable_amount and item.move_line_id not in listed
            ]
        return actions.line_ids._create_evidence(vals_list).action_id

    def _add_bank_credits(self, actions):
        """List the money received that waits on the bank account, where a claim of the same currency is listed: it is
        deducted. One statement for all; return the actions that got something.
        """
        if not actions:
            return actions
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """INSERT INTO credit_collection_action_line (action_id, move_line_id, move_name, date, date_maturity,
                               currency_id, amount, kind, state, is_latest, create_uid, create_date, write_uid, write_date)
                   SELECT a.id, b.id, b.label, b.date, b.date, b.currency_id, b.free_currency, 'credit', 'info', FALSE,
                          %(uid)s, now() at time zone 'UTC', %(uid)s, now() at time zone 'UTC'
                     FROM (%(bank)s) b
                     JOIN res_partner p ON p.id = b.line_partner_id
                     JOIN credit_collection_action a ON a.partner_id = p.commercial_partner_id
                                                    AND a.company_id = b.company_id AND a.id IN %(ids)s
                    WHERE b.free_currency < 0
                      AND EXISTS (SELECT FROM credit_collection_action_line c
                                   WHERE c.action_id = a.id AND c.currency_id = b.currency_id AND c.kind = 'claimed'
                                     AND c.state <> 'void')
                      AND NOT EXISTS (SELECT FROM credit_collection_action_line c
                                       WHERE c.action_id = a.id AND c.move_line_id = b.id AND c.state <> 'void')
                RETURNING action_id""",
                uid=self.env.uid,
                bank=self.env["credit.open.item"]._sql_bank_lines(fields.Date.context_today(self)),
                ids=tuple(actions.ids),
            )
        )
        self.env["credit.collection.action.line"].invalidate_model()
        actions.invalidate_recordset(["line_ids"])
        return actions.browse({row[0] for row in rows})
