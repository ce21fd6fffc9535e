"""The only thing users reach: sign-in, one-page grants, and an allow list in front of Voila."""
