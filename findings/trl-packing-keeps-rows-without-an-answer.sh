#!/usr/bin/env bash
# Package: TRL 1.16.0, with transformers 5.24.0, datasets 5.2.0, torch 2.13.0.
