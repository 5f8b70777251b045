# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Wrong models, each as the bytes of a file and a pattern that the error must match.

A case is a function whose name says what is wrong; it returns the bytes, and its
docstring is the pattern (a regular expression, case does not matter).
"""
import numpy as np

from onnx_writer import (FLOAT, make_external_tensor, make_graph, make_model,
                         make_node, make_tensor, make_value, message, integer)

CASES = {}


def case(function):
    CASES[function.__name__] = (function, function.__doc__)
    return function


def weights(*shape):
    rng = np.random.default_rng(1)
    return rng.normal(size=shape).astype(np.float32)


def model(nodes, initializers=(), shape=(1, 3, 8, 8), output="y", inputs=None, **options):
    """A model that takes x and gives y; the nodes are what is wrong."""
    inputs = [make_value("x", FLOAT, shape)] if inputs is None else inputs
    return make_model(make_graph(nodes, inputs, [make_value(output, FLOAT, None)],
                                 list(initializers)), **options)


def conv_model(weight=None, **attributes):
    weight = make_tensor("w", weights(4, 3, 3, 3)) if weight is None else weight
    return model([make_node("Conv", ["x", "w"], ["y"], "conv", **attributes)], [weight])


def good():
    """A model that compiles, for the cases where something else is wrong."""
    return make_model(make_graph(
        [make_node("Conv", ["x", "w"], ["c"], "conv", pads=[1, 1, 1, 1]),
         make_node("Relu", ["c"], ["y"], "relu")],
        [make_value("x", FLOAT, ["N", 3, 8, 8])], [make_value("y", FLOAT, ["N", 4, 8, 8])],
        [make_tensor("w", weights(4, 3, 3, 3))]))


# The file.
@case
def empty_file():
    """empty|no graph|not an ONNX"""
    return b""


@case
def text_file():
    """ONNX|protobuf|parse"""
    return b"this is a text, not a model\n" * 8


@case
def truncated_in_half():
    """truncated|protobuf|parse|ONNX"""
    return good()[:len(good()) // 2]


@case
def truncated_by_one_byte():
    """truncated|protobuf|parse|ONNX"""
    return good()[:-1]


@case
def wrong_wire_type():
    """truncated|protobuf|parse|ONNX"""
    data = bytearray(good())
    data[0] ^= 0x07
    return bytes(data)


@case
def length_beyond_the_end():
    """truncated|protobuf|parse|ONNX"""
    return integer(1, 7) + b"\x3a\xff\xff\xff\x7f" + good()[2:]


@case
def no_graph():
    """graph"""
    return integer(1, 7) + message(8, integer(2, 13))


@case
def no_outputs():
    """output"""
    return make_model(make_graph([make_node("Relu", ["x"], ["y"])],
                                 [make_value("x", FLOAT, (1, 4))], []))


# Versions and names.
@case
def no_opset():
    """opset"""
    return model([make_node("Relu", ["x"], ["y"])], opset=None)


@case
def opset_from_the_future():
    """opset.*99|99.*opset"""
    return model([make_node("Relu", ["x"], ["y"])], opset=99)


@case
def opset_too_old():
    """opset 3 of this operator"""
    return model([make_node("Add", ["x", "x"], ["y"])], opset=3)


@case
def unknown_operator():
    """Frobnicate"""
    return model([make_node("Frobnicate", ["x"], ["y"], "odd")])


@case
def unknown_domain():
    """org\\.example"""
    return model([make_node("Relu", ["x"], ["y"], "odd", domain="org.example")],
                 domains=[("org.example", 1)])


# The graph.
@case
def cycle_of_two():
    """cycle|before|order|defined|undefined"""
    return model([make_node("Add", ["x", "b"], ["a"], "first"),
                  make_node("Relu", ["a"], ["b"], "second"),
                  make_node("Relu", ["b"], ["y"])])


@case
def node_that_feeds_itself():
    """cycle|before|order|defined|undefined"""
    return model([make_node("Add", ["x", "y"], ["y"], "loop")])


@case
def missing_initializer():
    """\\bw\\b"""
    return model([make_node("Conv", ["x", "w"], ["y"], "conv")])


@case
def value_defined_twice():
    """\\ba\\b"""
    return model([make_node("Relu", ["x"], ["a"], "one"),
                  make_node("Sigmoid", ["x"], ["a"], "two"),
                  make_node("Relu", ["a"], ["y"])])


@case
def output_without_producer():
    """nowhere"""
    return model([make_node("Relu", ["x"], ["y"])], output="nowhere")


@case
def input_listed_twice():
    """\\bx\\b"""
    return model([make_node("Relu", ["x"], ["y"])],
                 inputs=[make_value("x", FLOAT, (1, 4)), make_value("x", FLOAT, (1, 4))])


@case
def node_without_outputs():
    """silent|output"""
    return model([message(1, "x") + message(3, "silent") + message(4, "Relu"),
                  make_node("Relu", ["x"], ["y"])])


# Constants.
@case
def initializer_too_short():
    """\\bw\\b"""
    return conv_model(make_tensor("w", weights(4, 3, 3, 3), raw=b"\0" * 100))


@case
def initializer_too_long():
    """\\bw\\b"""
    return conv_model(make_tensor("w", weights(4, 3, 3, 3), raw=b"\0" * 1000))


@case
def initializer_of_unknown_type():
    """\\bw\\b|type"""
    return conv_model(make_tensor("w", weights(4, 3, 3, 3), data_type=77))


@case
def initializer_with_negative_dimension():
    """\\bw\\b|-4|negative"""
    return conv_model(make_tensor("w", weights(4, 3, 3, 3), dims=(-4, 3, 3, 3)))


@case
def initializer_with_absurd_dimensions():
    """\\bw\\b"""
    return conv_model(make_tensor("w", weights(4, 3, 3, 3),
                                  dims=(1 << 40, 1 << 40, 3, 3)))


@case
def external_file_missing():
    """absent\\.bin"""
    return conv_model(make_external_tensor("w", (4, 3, 3, 3), location="absent.bin"))


@case
def external_path_outside_of_the_folder():
    """passwd"""
    return conv_model(make_external_tensor("w", (4, 3, 3, 3),
                                           location="../../../../../../etc/passwd"))


@case
def external_range_beyond_the_end():
    """\\bw\\b|data\\.bin"""
    return conv_model(make_external_tensor("w", (4, 3, 3, 3), location="data.bin",
                                           offset=1 << 20, length=432))


# Shapes and types.
@case
def conv_channels_disagree():
    """conv"""
    return conv_model(make_tensor("w", weights(4, 5, 3, 3)))


@case
def conv_group_does_not_divide():
    """conv"""
    return conv_model(make_tensor("w", weights(4, 1, 3, 3)), group=2)


@case
def conv_kernel_shape_disagrees():
    """conv"""
    return conv_model(kernel_shape=[5, 5])


@case
def conv_stride_of_zero():
    """conv"""
    return conv_model(strides=[0, 0])


@case
def conv_kernel_larger_than_image():
    """conv"""
    return conv_model(make_tensor("w", weights(4, 3, 11, 11)))


@case
def conv_with_three_pads():
    """conv"""
    return conv_model(pads=[1, 1, 1])


@case
def conv_negative_pads():
    """conv"""
    return conv_model(pads=[-9, -9, -9, -9])


@case
def conv_attribute_of_wrong_type():
    """conv"""
    return conv_model(pads="SAME")


@case
def conv_unknown_auto_pad():
    """conv|auto_pad"""
    return conv_model(auto_pad="SOMEHOW")


@case
def conv_without_weights():
    """conv"""
    return model([make_node("Conv", ["x"], ["y"], "conv")])


@case
def conv_weight_of_wrong_rank():
    """conv"""
    return conv_model(make_tensor("w", weights(4, 3)))


@case
def relu_with_two_inputs():
    """relu"""
    return model([make_node("Relu", ["x", "x"], ["y"], "relu")])


@case
def matmul_sizes_disagree():
    """matmul"""
    return model([make_node("MatMul", ["x", "w"], ["y"], "matmul")],
                 [make_tensor("w", weights(5, 2))], (2, 4))


@case
def gemm_sizes_disagree():
    """gemm"""
    return model([make_node("Gemm", ["x", "w"], ["y"], "gemm", transB=1)],
                 [make_tensor("w", weights(4, 2))], (2, 4))


@case
def add_cannot_broadcast():
    """add"""
    return model([make_node("Add", ["x", "w"], ["y"], "add")],
                 [make_tensor("w", weights(3))], (2, 4))


@case
def add_of_two_types():
    """add"""
    return model([make_node("Add", ["x", "w"], ["y"], "add")],
                 [make_tensor("w", np.arange(4))], (2, 4))


@case
def reshape_changes_the_size():
    """reshape"""
    return model([make_node("Reshape", ["x", "s"], ["y"], "reshape")],
                 [make_tensor("s", np.array([3, 3]))], (2, 4))


@case
def reshape_with_two_unknowns():
    """reshape"""
    return model([make_node("Reshape", ["x", "s"], ["y"], "reshape")],
                 [make_tensor("s", np.array([-1, -1]))], (2, 4))


@case
def concat_sizes_disagree():
    """concat"""
    return model([make_node("Concat", ["x", "w"], ["y"], "concat", axis=0)],
                 [make_tensor("w", weights(2, 5))], (2, 4))


@case
def concat_axis_out_of_range():
    """concat"""
    return model([make_node("Concat", ["x", "x"], ["y"], "concat", axis=7)], (), (2, 4))


@case
def transpose_repeats_an_axis():
    """transpose"""
    return model([make_node("Transpose", ["x"], ["y"], "transpose", perm=[0, 0])], (), (2, 4))


@case
def softmax_axis_out_of_range():
    """softmax"""
    return model([make_node("Softmax", ["x"], ["y"], "softmax", axis=4)], (), (2, 4))


@case
def gather_index_out_of_range():
    """gather"""
    return model([make_node("Gather", ["w", "i"], ["g"], "gather"),
                  make_node("Add", ["x", "g"], ["y"])],
                 [make_tensor("w", weights(3, 4)), make_tensor("i", np.array(9))], (2, 4))


@case
def split_sizes_do_not_add_up():
    """split"""
    return model([make_node("Split", ["x", "s"], ["y", "z"], "split", axis=1)],
                 [make_tensor("s", np.array([1, 1]))], (2, 4))


@case
def cast_without_type():
    """cast"""
    return model([make_node("Cast", ["x"], ["y"], "cast")], (), (2, 4))


@case
def input_of_strings():
    """\\bx\\b|string|type"""
    return model([make_node("Identity", ["x"], ["y"])], inputs=[make_value("x", 8, (1, 4))])


@case
def input_without_shape():
    """\\bx\\b"""
    return model([make_node("Relu", ["x"], ["y"])], inputs=[make_value("x", FLOAT, None)])


@case
def input_of_absurd_size():
    """\\bx\\b|large|bytes|size|memory"""
    return model([make_node("Relu", ["x"], ["y"])], shape=(1 << 31, 1 << 31, 1 << 10))


@case
def input_of_negative_size():
    """\\bx\\b"""
    return model([make_node("Relu", ["x"], ["y"])], shape=(1, -3))


@case
def quantize_with_a_scale_of_zero():
    """scale"""
    return model([make_node("QuantizeLinear", ["x", "s", "z"], ["q"], "quantize"),
                  make_node("DequantizeLinear", ["q", "s", "z"], ["y"], "dequantize")],
                 [make_tensor("s", np.float32(0)), make_tensor("z", np.uint8(3))], (2, 4))


@case
def quantize_with_a_scale_that_is_no_number():
    """scale"""
    return model([make_node("QuantizeLinear", ["x", "s", "z"], ["q"], "quantize"),
                  make_node("DequantizeLinear", ["q", "s", "z"], ["y"], "dequantize")],
                 [make_tensor("s", np.float32("nan")), make_tensor("z", np.uint8(3))],
                 (2, 4))


# Recurrences, scatters, tables.
def recurrent(op, gates, steps=4, hidden=5):
    return model([make_node(op, ["x", "w", "r"], ["y"], "loop", hidden_size=5)],
                 [make_tensor("w", weights(1, gates * 5, 3)),
                  make_tensor("r", weights(1, gates * 5, hidden))], (steps, 2, 3))


@case
def recurrence_whose_weights_do_not_fit():
    """loop.*weights"""
    return recurrent("LSTM", 3)


@case
def recurrence_without_end():
    """loop.*100000 steps"""
    return recurrent("GRU", 3, steps=100000)


def scatter(op, index, **attributes):
    return model([make_node(op, ["x", "i", "u"], ["y"], "scatter", **attributes)],
                 [make_tensor("i", np.array(index, np.int64)),
                  make_tensor("u", weights(1, 2))], (4, 2), opset=16)


@case
def scatter_out_of_bounds():
    """scatter.*index -5 is out of bounds"""
    return scatter("ScatterND", [[-5]])


@case
def scatter_that_adds():
    """scatter.*reduction 'add'"""
    return scatter("ScatterElements", [[0, 1]], reduction="add")


@case
def one_hot_of_absurd_depth():
    """hot.*depth"""
    return model([make_node("OneHot", ["x", "d", "v"], ["y"], "hot")],
                 [make_tensor("d", np.int64(1 << 60)), make_tensor("v", weights(2))], (4,))


@case
def running_sum_along_a_missing_axis():
    """sum.*axis"""
    return model([make_node("CumSum", ["x", "a"], ["y"], "sum")],
                 [make_tensor("a", np.int64(7))], (4, 2), opset=14)


@case
def linear_model_without_coefficients():
    """linear.*'coefficients' has 0 numbers, expected 6"""
    return model([make_node("LinearRegressor", ["x"], ["y"], "linear", "ai.onnx.ml", targets=2)],
                 shape=(4, 3), domains=[("ai.onnx.ml", 1)])


@case
def scaler_of_other_features():
    """scale.*'offset' has 2 numbers, expected 3"""
    return model([make_node("Scaler", ["x"], ["y"], "scale", "ai.onnx.ml",
                            offset=[1.0, 2.0], scale=[1.0])],
                 shape=(4, 3), domains=[("ai.onnx.ml", 1)])
