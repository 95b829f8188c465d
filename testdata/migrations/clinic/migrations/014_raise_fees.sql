UPDATE visits SET fee = fee * 1.1 WHERE at > now();
