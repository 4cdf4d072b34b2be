"""What people and scripts see of cases, as documents. It must not change anything."""
