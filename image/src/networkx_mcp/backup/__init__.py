"""Backup and restore over HTTP: clients of `/admin`, so that they hold for every store and from any pod."""
