"""Recognition in photos, folders, videos and cameras, with ONNX Runtime and without Keras."""
