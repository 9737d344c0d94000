"""What somebody is told without having asked: notices, news, and what could not be delivered."""
