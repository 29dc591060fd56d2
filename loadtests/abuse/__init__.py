"""What strangers and neighbours may do to a server, done to a real one: malformed requests, probes of another tenant's
graphs, and bombs beside a normal user. `python -m loadtests.abuse -h`; loadtests/README.md tells what is judged."""
