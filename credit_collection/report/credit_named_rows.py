from collections.abc import Collection

from odoo import models
from odoo.fields import Domain
from odoo.orm.domains import DomainAnd, DomainCondition
from odoo.tools import SQL, Query


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

        :param int most: more ids than these are not named one by one: the whole table is read at once
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
