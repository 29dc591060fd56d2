"""A module that starts a thread at import, as a careless library does."""

import threading
import time

threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
