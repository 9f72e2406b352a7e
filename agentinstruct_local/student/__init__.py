"""A student: a small model that is taught on a run's rows. Here alone torch, transformers and peft are at home."""
