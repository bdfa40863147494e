"""Drawing: what the charts share."""
