"""Export to other runtimes: ONNX, ONNX in 8-bit integers and LiteRT, each compared with its source
model.
"""
