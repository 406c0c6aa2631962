"""Personalised PageRank with networkx. Arguments: edges (pairs of u32), nodes, tolerance."""

import sys

import networkx
import numpy

from cost import measure

file, nodes, tolerance = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
edges = numpy.fromfile(file, dtype="<u4").reshape(-1, 2)
graph = networkx.DiGraph()
graph.add_nodes_from(range(nodes))
graph.add_edges_from(map(tuple, edges.tolist()))
restarts = {5: 1.0, 17: 1.0, 101: 1.0}
# networkx stops at nodes * tol.
measure(
    lambda: networkx.pagerank(
        graph, personalization=restarts, tol=tolerance / nodes, max_iter=500
    )
)
