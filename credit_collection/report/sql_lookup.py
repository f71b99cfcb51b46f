from odoo.tools import SQL


def lookup(table, alias, columns, condition):
    """Return the join with the rows of a table that meet ``condition``, looked up for each row before it.

    :param columns: those that are read: PostgreSQL plans each one of a wide table

    For chains through large tables of which few rows are wanted. The planner multiplies such tables where their statistics
    say that they are empty, as after an import that was undone: what takes milliseconds takes minutes then.
    """
    return SQL(
        "CROSS JOIN LATERAL (SELECT %(columns)s FROM %(table)s %(alias)s WHERE %(condition)s OFFSET 0) %(alias)s",
        table=SQL.identifier(table),
        alias=SQL.identifier(alias),
        columns=SQL(", ").join(SQL.identifier(alias, column) for column in columns),
        condition=condition,
    )
