"""``gongpai parties preview``: what a relying party would be told of a person, and why."""
