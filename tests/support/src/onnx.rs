//! Tiny ONNX models for tests, written by hand: what a net gives out is chosen, so whatever reads it can be tested
//! without a trained net.
//!
//! Every output is `bias + gain × mean(input)`, element by element: constant where the gain is zero, not a number where
//! the bias is none.

use std::collections::BTreeMap;

/// A model with one input and any number of outputs.
#[derive(Debug, Clone)]
pub struct TinyModel {
    input: (String, Vec<i64>),
    outputs: Vec<Output>,
    element: Element,
    external: Option<String>,
}

/// What the tensors of a [`TinyModel`] hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    /// 32-bit floating point.
    F32,
    /// 64-bit floating point.
    F64,
}

#[derive(Debug, Clone)]
struct Output {
    name: String,
    shape: Vec<i64>,
    bias: Vec<f64>,
    gain: Vec<f64>,
}

impl TinyModel {
    /// A model with this input and no output yet. A dimension of −1 is left open.
    pub fn new(input: &str, shape: &[i64]) -> Self {
        Self {
            input: (input.into(), shape.into()),
            outputs: Vec::new(),
            element: Element::F32,
            external: None,
        }
    }

    /// Adds an output that is always `values`.
    #[must_use]
    pub fn constant(self, name: &str, shape: &[i64], values: &[f64]) -> Self {
        let gain = vec![0.0; values.len()];
        self.output(name, shape, values.to_vec(), gain)
    }

    /// Adds an output whose every element is the mean of the input.
    #[must_use]
    pub fn mean(self, name: &str, shape: &[i64]) -> Self {
        let count = shape.iter().map(|side| side.unsigned_abs() as usize).product();
        self.output(name, shape, vec![0.0; count], vec![1.0; count])
    }

    /// Adds an output `bias + gain × mean(input)`.
    #[must_use]
    pub fn output(mut self, name: &str, shape: &[i64], bias: Vec<f64>, gain: Vec<f64>) -> Self {
        self.outputs.push(Output { name: name.into(), shape: shape.into(), bias, gain });
        self
    }

    /// Makes every tensor hold these elements.
    #[must_use]
    pub fn of(mut self, element: Element) -> Self {
        self.element = element;
        self
    }

    /// Says that the biases stand in a file of this name beside the model.
    #[must_use]
    pub fn external(mut self, file: &str) -> Self {
        self.external = Some(file.into());
        self
    }

    /// The model as an ONNX file: IR version 4, operator set 9.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut graph = Message::default();
        let mean = format!("{}.mean", self.input.0);
        graph.message(1, &node("ReduceMean", &[&self.input.0], &mean, &[("keepdims", 0)]));
        for output in &self.outputs {
            let names = ["gain", "scaled", "bias"].map(|part| format!("{}.{part}", output.name));
            let [gain, scaled, bias] = names.each_ref().map(String::as_str);
            graph.message(1, &node("Mul", &[&mean, gain], scaled, &[]));
            graph.message(1, &node("Add", &[scaled, bias], &output.name, &[]));
        }
        graph.text(2, "tiny");
        for output in &self.outputs {
            // An open dimension of an output is 1 in truth: the values given make it so.
            let shape: Vec<i64> = output.shape.iter().map(|side| side.abs()).collect();
            graph.message(5, &self.tensor(&format!("{}.gain", output.name), &shape, &output.gain, None));
            graph.message(
                5,
                &self.tensor(
                    &format!("{}.bias", output.name),
                    &shape,
                    &output.bias,
                    self.external.as_deref(),
                ),
            );
        }
        graph.message(11, &self.value_info(&self.input.0, &self.input.1));
        for output in &self.outputs {
            graph.message(12, &self.value_info(&output.name, &output.shape));
        }

        let mut operators = Message::default();
        operators.number(2, 9);
        let mut model = Message::default();
        model.number(1, 4);
        model.message(7, &graph);
        model.message(8, &operators);
        model.0
    }

    /// TensorProto.
    fn tensor(&self, name: &str, shape: &[i64], values: &[f64], external: Option<&str>) -> Message {
        let mut tensor = Message::default();
        shape.iter().for_each(|side| tensor.number(1, side.unsigned_abs()));
        tensor.number(2, self.element.code());
        tensor.text(8, name);
        match external {
            Some(file) => {
                for (key, value) in BTreeMap::from([("location", file), ("offset", "0")]) {
                    let mut entry = Message::default();
                    entry.text(1, key);
                    entry.text(2, value);
                    tensor.message(13, &entry);
                }
                tensor.number(14, 1);
            }
            None => tensor.bytes(9, &self.element.encode(values)),
        }
        tensor
    }

    /// ValueInfoProto with its TypeProto and TensorShapeProto.
    fn value_info(&self, name: &str, shape: &[i64]) -> Message {
        let mut dimensions = Message::default();
        for (index, side) in shape.iter().enumerate() {
            let mut dimension = Message::default();
            match u64::try_from(*side) {
                Ok(side) => dimension.number(1, side),
                Err(_) => dimension.text(2, &format!("{name}.{index}")),
            }
            dimensions.message(1, &dimension);
        }
        let mut tensor = Message::default();
        tensor.number(1, self.element.code());
        tensor.message(2, &dimensions);
        let mut kind = Message::default();
        kind.message(1, &tensor);
        let mut info = Message::default();
        info.text(1, name);
        info.message(2, &kind);
        info
    }
}

impl Element {
    /// TensorProto.DataType.
    fn code(self) -> u64 {
        match self {
            Self::F32 => 1,
            Self::F64 => 11,
        }
    }

    fn encode(self, values: &[f64]) -> Vec<u8> {
        match self {
            Self::F32 => values.iter().flat_map(|value| (*value as f32).to_le_bytes()).collect(),
            Self::F64 => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        }
    }
}

/// NodeProto.
fn node(operator: &str, inputs: &[&str], output: &str, attributes: &[(&str, u64)]) -> Message {
    let mut node = Message::default();
    inputs.iter().for_each(|input| node.text(1, input));
    node.text(2, output);
    node.text(4, operator);
    for (name, value) in attributes {
        // AttributeProto of type INT.
        let mut attribute = Message::default();
        attribute.text(1, name);
        attribute.number(3, *value);
        attribute.number(20, 2);
        node.message(5, &attribute);
    }
    node
}

/// A protocol-buffer message on its way out.
#[derive(Debug, Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn number(&mut self, field: u64, number: u64) {
        self.varint(field << 3);
        self.varint(number);
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn text(&mut self, field: u64, text: &str) {
        self.bytes(field, text.as_bytes());
    }

    fn message(&mut self, field: u64, message: &Self) {
        self.bytes(field, &message.0);
    }
}
