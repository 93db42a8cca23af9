"""A short fine-tuning, and the classes that it learns."""

from __future__ import annotations

from dataclasses import replace

from ferkit.training.finetune import FINETUNE

SHORT = replace(FINETUNE, epochs=2, head_epochs=1, batch_size=8, tensorboard=False)

# Own names for two of the seven, which a model of the seven does not know.
OWN = {"happy": "happy", "sad": "gloomy", "surprise": "startled"}
