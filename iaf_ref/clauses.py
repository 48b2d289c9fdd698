"""The clauses of the specification: one stable id, one sentence each.

The same ids stand in the docstring of the function that *is* the clause, in the cases that test it,
and in every report. An id is never reused and never renumbered.
"""

from types import MappingProxyType

CLAUSES = MappingProxyType(
    {
        "MASK-1": "degree(order[k]) = k + 1; variables of equal degree are generated together.",
        "MASK-2": "A context variable has degree 0.",
        "MASK-3": "Hidden degrees are even, cyclic, random or given, in exact integer arithmetic.",
        "MASK-4": "A hidden unit reads what has at most its own degree.",
        "MASK-5": "An output reads a hidden unit whose degree is strictly less than its own.",
        "MASK-6": "A skip connection joins an output to an input of strictly smaller degree.",
        "MASK-7": "Output i reaches input j exactly when degree(j) < degree(i).",
        "MASK-8": "D = 1 works, with and without context: all hidden degrees are 0.",
        "MASK-9": "Any directed acyclic graph is accepted in place of an order.",
        "NET-1": "A masked layer computes W h + b with the masked entries of W equal to zero.",
        "NET-2": "Activations: relu, tanh, elu, leaky_relu, sigmoid, softplus, gelu (erf), silu.",
        "NET-3": "Context is concatenated before x and enters the first layer with degree 0.",
        "NET-4": "A skip connection adds a masked linear map of (context, x) to the outputs.",
        "NET-5": "The network returns P parameters per variable, shape (..., P, D).",
        "NET-6": "A residual block adds two masked layers to its input, of equal degrees.",
        "STEP-1": "Exp: log sigma = clip(raw, min, max), a true clip.",
        "STEP-2": "SoftClip: log sigma = raw / (1 + |raw / log slope|).",
        "STEP-3": "Softplus: sigma = softplus(raw + shift) + floor.",
        "STEP-4": "Sigmoid: sigma = sigmoid(raw + bias) + floor.",
        "STEP-5": "Gated: sigma = sigmoid(raw + bias), y = sigma x + (1 - sigma) m.",
        "STEP-6": "The step is y = sigma(x) x + mu(x).",
        "INV-1": "The inverse exists and is unique: x is found in the order of degrees.",
        "INV-2": "The sequential algorithm, one degree after the other, is the definition.",
        "INV-3": "A blocked algorithm gives the same answer.",
        "INV-4": "A fixed-point algorithm gives the same answer.",
        "INV-5": "No algorithm overflows where the definition does not.",
        "DET-1": "The per-dimension log-det is log sigma_i.",
        "DET-2": "The event log-det is sum_i log sigma_i; its shape is the batch shape.",
        "DET-3": "The event log-det equals log|det| of the full Jacobian.",
        "DET-4": "The log-det of the inverse map is the negative, at the same point.",
        "DET-5": "The log-dets of a chain add.",
        "DENS-1": "Change of variables: log q(y) = log p(x) - log|det dy/dx|.",
        "DENS-2": "Log-dets and the base are summed over the event axes that they lack.",
        "DENS-3": "Per-dimension over a univariate base equals summed over a multivariate one.",
        "DENS-4": "A T-step posterior with context: algorithm 1 and eq. 11 of the IAF paper.",
        "DENS-5": "The density integrates to 1.",
        "CHAIN-1": "Chain([f1, ..., fT]) computes fT(... f1(x)).",
        "CHAIN-2": "A permutation computes y[k] = x[order[k]]; its log-det is exactly 0.",
        "CHAIN-3": "A permutation is undone by its inverse, involutive or not.",
        "CHAIN-4": "Inverse(IAF) is the masked autoregressive flow (MAF).",
        "SHAPE-1": "Any number of leading batch dimensions; the event is the last axis.",
        "SHAPE-2": "The context's batch dimensions broadcast against those of x.",
        "SHAPE-3": "Rows are independent: changing one row changes no other.",
        "TYPE-1": "Dtype and device of every result are the input's; mixing them is a TypeError.",
        "NUM-1": "x_j leaves every y_i with degree(i) <= degree(j), i != j, bitwise unchanged.",
        "NUM-2": "A NaN or an infinity stays in its row.",
        "NUM-3": "Rounding stays within the derived bound.",
        "GRAD-1": "Derivatives of log q by inputs and weights: those of the text, off its kinks.",
    }
)
"""Clause id -> the clause, in the order of the specification."""
