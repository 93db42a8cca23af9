"""Conversion of Keras's layer graph to ONNX, in float32 and in 8-bit integers."""
