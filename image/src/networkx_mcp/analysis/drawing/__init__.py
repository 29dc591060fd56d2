"""Pictures of graphs: a scene of lines, discs and texts in pixels, which is written as SVG or painted as PNG.

`network` and `charts` make scenes, `svg` and `raster` draw them, `picture` keeps them short. What a test asks of a picture (nothing
outside the frame, no label over another) it asks of the scene.
"""
