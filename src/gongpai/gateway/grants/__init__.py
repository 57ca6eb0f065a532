"""What our tokens stand for: issued, redeemed, refreshed, looked up and revoked. It speaks to no browser."""
