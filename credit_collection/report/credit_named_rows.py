from collections.abc import Collection

from odoo import models
from odoo.fields import Domain
from odoo.orm.domains import DomainAnd, DomainCondition
from odoo.tools import SQL, Query

# More rows are not named one by one: the whole table is read at once.
MAX_NAMED = 1000


class CreditNamedRows(models.AbstractModel):
    """A read model whose statement reads little when a search names the rows it is about by their ids, and is long: it is not
    put together where it would not be run.
    """

    _name = "credit.named.rows"
    _description = "Rows named by a search"

    def _as_query(self, ordered=True):
        """EXTENDS 'base': by a query of no rows, which is never run, core finds out what can be done with each field."""
        if self._ids:
            return super()._as_query(ordered)
        query = Query(self.env, self._table, SQL.identifier(self._table))
        query.set_result_ids((), ordered)
        return query

    def _named_rows(self, domain, names, most=None):
        """Return by which of these fields, and which ids, every row found by ``domain`` is named: (name, ids), or None.

        :param int most: with more ids than these, none is named
        """
        domain = Domain(domain)
        for condition in domain.children if isinstance(domain, DomainAnd) else [domain]:
            if not isinstance(condition, DomainCondition) or condition.field_expr not in names:
                continue
            ids = [condition.value] if condition.operator == "=" else condition.value
            if (
                condition.operator in ("in", "=")
                and isinstance(ids, Collection)
                and 0 < len(ids) <= (most or len(ids))
                and all(type(id_) is int for id_ in ids)
            ):
                return condition.field_expr, tuple(ids)
        return None

    def _named_files(self, domain):
        """Return the condition on collection files, by their ids or their customers, that ``domain`` names; or None."""
        named = self._named_rows(domain, ("id", "profile_id", "partner_id"), MAX_NAMED)
        if not named:
            return None
        name, ids = named
        return SQL("%s IN %s", SQL.identifier("partner_id" if name == "partner_id" else "id"), ids)

    def _readable_companies(self):
        """The companies whose rows the access rules let through."""
        if self.env.su:
            return self.env["res.company"].with_context(active_test=False).search([])  # pylint: disable=no-search-all
        return self.env.companies
