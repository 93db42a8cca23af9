"""Models for other runtimes: ONNX, ONNX in 8-bit integers, LiteRT; each compared with what it was
made from.
"""
