//! One net, ready to run.

use std::fmt;

use ort::{
    logging::LogLevel,
    memory::Allocator,
    session::{IoBinding, Session, builder::GraphOptimizationLevel},
    value::{Outlet, Tensor, TensorElementType, ValueType},
};
use zeroize::Zeroize as _;

use super::{InferenceError, Runtime};

/// A net with one picture as its input and float outputs, all of fixed shape. Input and outputs live in buffers of the
/// net's own, bound to the session once: a run copies nothing, and dropping the net wipes them. What the library keeps
/// of a picture between its layers is out of reach.
pub struct Net {
    name: String,
    session: Session,
    binding: IoBinding,
    input: Tensor<f32>,
    outputs: Vec<Output>,
}

struct Output {
    name: String,
    tensor: Tensor<f32>,
}

impl Net {
    /// Prepares a net from a model's bytes: one thread, every optimisation, no spinning. `name` is what errors call
    /// it. `input` and `outputs` are names and shapes as the manifest has them; where the model leaves a dimension
    /// open, it takes the manifest's. Outputs not named are not computed into a buffer of ours.
    ///
    /// # Errors
    /// [`InferenceError::BadModel`] if the bytes are no model, [`InferenceError::TensorName`] or
    /// [`InferenceError::TensorType`] if the model is not as the manifest says.
    pub fn load(
        runtime: &Runtime,
        name: &str,
        bytes: &[u8],
        input: (&str, &[usize]),
        outputs: &[(&str, &[usize])],
    ) -> Result<Self, InferenceError> {
        let bad_model =
            |cause: ort::Error| InferenceError::BadModel { net: name.to_owned(), cause: cause.into() };
        let session = open_session(runtime, bytes).map_err(bad_model)?;

        let (input_name, input_shape) = input;
        if session.inputs().len() != 1 {
            return Err(wrong_name(name, "input", input_name, session.inputs()));
        }
        check_tensor(name, "input", session.inputs(), input_name, input_shape)?;
        for (output, shape) in outputs {
            check_tensor(name, "output", session.outputs(), output, shape)?;
        }

        let mut binding = session.create_binding().map_err(bad_model)?;
        let input = zeroed(input_shape).map_err(bad_model)?;
        binding.bind_input(input_name, &input).map_err(bad_model)?;
        let mut bound = Vec::with_capacity(outputs.len());
        for (output, shape) in outputs {
            let mut tensor = zeroed(shape).map_err(bad_model)?;
            binding.bind_output(*output, &mut tensor).map_err(bad_model)?;
            bound.push(Output { name: (*output).to_owned(), tensor });
        }
        Ok(Self { name: name.to_owned(), session, binding, input, outputs: bound })
    }

    /// The input's elements, in the order of its shape. What is written here is what the next run sees.
    pub fn input_mut(&mut self) -> &mut [f32] {
        self.input.extract_tensor_mut().1
    }

    /// Runs the net on what [`Net::input_mut`] holds.
    ///
    /// # Errors
    /// [`InferenceError::Run`] if the library fails, [`InferenceError::NotFinite`] if an output is not a number. The
    /// outputs are wiped then.
    pub fn run(&mut self) -> Result<(), InferenceError> {
        let outcome = self.session.run_binding(&self.binding).map(drop);
        let outcome =
            outcome.map_err(|cause| InferenceError::Run { net: self.name.clone(), cause: cause.into() });
        let outcome = outcome.and_then(|()| match self.outputs.iter().find(|output| !output.is_finite()) {
            None => Ok(()),
            Some(output) => {
                Err(InferenceError::NotFinite { net: self.name.clone(), output: output.name.clone() })
            }
        });
        if outcome.is_err() {
            self.wipe_outputs();
        }
        outcome
    }

    /// The elements of an output, by its place in the list the net was loaded with. Zero before the first run, empty
    /// for a place that is not in the list.
    pub fn output(&self, index: usize) -> &[f32] {
        self.outputs.get(index).map_or(&[], |output| output.tensor.extract_tensor().1)
    }

    /// Overwrites input and outputs with zeros.
    pub fn wipe(&mut self) {
        self.input_mut().zeroize();
        self.wipe_outputs();
    }

    fn wipe_outputs(&mut self) {
        for output in &mut self.outputs {
            output.tensor.extract_tensor_mut().1.zeroize();
        }
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        self.wipe();
    }
}

impl fmt::Debug for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Net({})", self.name)
    }
}

impl Output {
    fn is_finite(&self) -> bool {
        // Without a branch in it the loop is vectorised.
        self.tensor.extract_tensor().1.iter().fold(true, |finite, number| finite & number.is_finite())
    }
}

fn open_session(runtime: &Runtime, bytes: &[u8]) -> ort::Result<Session> {
    // A model may name other files for its weights, and would get them from the working folder: bytes nobody hashed. They
    // are looked for in a folder that cannot exist, inside a file.
    let nowhere = runtime.path().join("no-other-files");
    Session::builder(runtime.environment())?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_intra_threads(1)?
        .with_inter_threads(1)?
        .with_intra_op_spinning(false)?
        .with_inter_op_spinning(false)?
        // Weights too small for a normal float, of which the default pack's embedding has thousands, take the processor's
        // slow path: 69 ms a run instead of 10 where docs/measurements/speed.md was taken. The library can only flush them to zero on the thread that
        // opens the process's first session, so an engine is fastest where it was opened.
        .with_flush_to_zero()?
        .with_config_entry("session.model_external_initializers_file_folder_path", nowhere.to_string_lossy())?
        // What goes wrong comes back as an error; the library need not print it as well, and models that list their
        // weights as inputs would make it print hundreds of warnings.
        .with_log_level(LogLevel::Fatal)?
        .commit_from_memory(bytes)
}

/// A buffer from the library's plain allocator (not from a session's arena), kept and wiped by us.
fn zeroed(shape: &[usize]) -> ort::Result<Tensor<f32>> {
    let mut tensor = Tensor::<f32>::new(&Allocator::default(), shape)?;
    tensor.extract_tensor_mut().1.fill(0.0);
    Ok(tensor)
}

fn check_tensor(
    net: &str,
    kind: &'static str,
    outlets: &[Outlet],
    name: &str,
    shape: &[usize],
) -> Result<(), InferenceError> {
    let outlet = outlets
        .iter()
        .find(|outlet| outlet.name() == name)
        .ok_or_else(|| wrong_name(net, kind, name, outlets))?;
    let fits = match outlet.dtype() {
        ValueType::Tensor { ty: TensorElementType::Float32, shape: dims, .. } => {
            dims.len() == shape.len()
                && dims.iter().zip(shape).all(|(&dim, &side)| dim < 0 || usize::try_from(dim) == Ok(side))
        }
        _ => false,
    };
    if fits {
        return Ok(());
    }
    Err(InferenceError::TensorType {
        net: net.to_owned(),
        kind,
        tensor: name.to_owned(),
        expected: format!("f32 {shape:?}"),
        found: outlet.dtype().to_string(),
    })
}

fn wrong_name(net: &str, kind: &'static str, expected: &str, outlets: &[Outlet]) -> InferenceError {
    let names: Vec<_> = outlets.iter().map(|outlet| format!("{:?}", outlet.name())).collect();
    InferenceError::TensorName {
        net: net.to_owned(),
        kind,
        expected: expected.to_owned(),
        found: if names.is_empty() { "none".to_owned() } else { names.join(", ") },
    }
}

#[cfg(test)]
mod tests {
    use std::{
        hint::black_box,
        time::{Duration, Instant},
    };

    use mabataki_models::{Pack, Role};
    use mabataki_test_support::installed;

    use super::*;

    fn time(run: impl FnOnce()) -> Duration {
        let start = Instant::now();
        run();
        start.elapsed()
    }

    #[test]
    #[ignore = "a measurement: run it alone, with --release"]
    fn a_run_costs_what_the_library_alone_costs() {
        let runtime = Runtime::load(&installed::runtime()).unwrap();
        let pack = Pack::open(&installed::pack()).unwrap();
        for (role, output, length) in [
            (Role::Embedding, "output", 512),
            (Role::Landmarks, "output", 136),
            (Role::EyeState, "output", 2),
        ] {
            let model = pack.load(role).unwrap();
            let shape = model.spec.input.shape();
            let mut net = Net::load(
                &runtime,
                "net",
                &model.bytes,
                (&model.spec.input.name, &shape),
                &[(output, &[1, length])],
            )
            .unwrap();
            net.input_mut()
                .iter_mut()
                .enumerate()
                .for_each(|(index, number)| *number = (index % 17) as f32 / 17.0);
            let mut session = open_session(&runtime, &model.bytes).unwrap();
            let input = Tensor::from_array((shape, net.input_mut().to_vec())).unwrap();

            let mut ratios: Vec<f64> = (0..401)
                .map(|_| {
                    let ours = time(|| net.run().unwrap());
                    let raw = time(|| drop(black_box(session.run(ort::inputs![&input]).unwrap())));
                    ours.as_secs_f64() / raw.as_secs_f64()
                })
                .collect();
            ratios.sort_by(f64::total_cmp);
            let median = ratios[ratios.len() / 2];
            println!("{role}: median of {} interleaved ratios {median:.3}", ratios.len());
            assert!(median < 1.05, "{role}: {median}");
        }
    }
}
