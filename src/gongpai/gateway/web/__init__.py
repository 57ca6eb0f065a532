"""The web's side of the gateway: requests, cookies, headers, forms, pages. It decides nothing about sign-ins."""
