"""What a database should look like and may do: compared with the record, adopted, granted. Runs no migration."""
