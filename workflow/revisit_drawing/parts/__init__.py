"""What the drawings are made of: dice, rasterisers, colours, shapes, places, clothes, leaves and photographs."""
