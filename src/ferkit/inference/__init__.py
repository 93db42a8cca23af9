"""Recognising emotions in photos, folders, video and live camera; ONNX Runtime only, never
Keras.
"""
