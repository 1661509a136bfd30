"""업무 현황: what waits now, how promises are kept, what comes in, for managers and team leads."""
