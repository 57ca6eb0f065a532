"""What gongpai costs, as a ratio to a peer in the same run: absolute times drift by the hour and prove nothing."""
