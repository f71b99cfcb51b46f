"""What makes a customer come first in the worklist: factors, each worth so many of a hundred points at most.

>>> most_points({"amount": 50, "age": 30, "promises": 0, "risk": 0})
{'amount': 62.5, 'age': 37.5, 'promises': 0.0, 'risk': 0.0}
"""

FACTORS = ("amount", "age", "promises", "risk")


def most_points(weights):
    """Return what each factor counts for at most, together 100.

    :param dict weights: a number by factor, none negative
    """
    total = sum(weights.values()) or 1
    return {factor: 100 * weight / total for factor, weight in weights.items()}
