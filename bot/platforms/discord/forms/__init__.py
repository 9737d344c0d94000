"""Forms and questions as Discord's modals, and what is kept between two of them."""
