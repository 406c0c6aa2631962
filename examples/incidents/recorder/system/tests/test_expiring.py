import time
import unittest

from ferrykit.expiring import ExpiringMap


class Lapse(unittest.TestCase):
    def test_a_row_is_there_and_then_gone(self):
        rows = ExpiringMap(ttl_s=0.05, limit=4)
        self.assertTrue(rows.put("a", 1))
        self.assertEqual(rows.get("a"), 1)
        time.sleep(0.06)
        self.assertIsNone(rows.get("a"))

    def test_no_row_beyond_the_limit(self):
        rows = ExpiringMap(ttl_s=5, limit=1)
        self.assertTrue(rows.put("a", 1))
        self.assertFalse(rows.put("b", 2))


if __name__ == "__main__":
    unittest.main()
