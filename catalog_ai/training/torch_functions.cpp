// Batch norm and ReLU6 together, forward and back, and the way back through a depthwise convolution
// of stride 2: of floats or bfloat16 numbers, with channels last in memory.
//
// Training MobileNetV2 on a processor waits for memory more than for arithmetic. PyTorch's batch
// norm and ReLU6 go through the numbers of a layer six times, these four times.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include <torch/extension.h>

using Bits = uint16_t;  // of a bfloat16: the upper half of a float
using Tensors = std::vector<torch::Tensor>;
using Floats = std::vector<float>;

constexpr int64_t TOGETHER = 64;  // rows summed up in 32 bits before they go to 64

static inline float widen(Bits bits) {
  const uint32_t wide = static_cast<uint32_t>(bits) << 16;
  float number;
  std::memcpy(&number, &wide, sizeof number);
  return number;
}

static inline float widen(float number) { return number; }

static inline void store(float number, Bits* place) {
  uint32_t wide;
  std::memcpy(&wide, &number, sizeof wide);
  *place = static_cast<Bits>((wide + 0x7fff + ((wide >> 16) & 1)) >> 16);  // nearest, ties to even
}

static inline void store(float number, float* place) { *place = number; }

template <typename Number>
static const Number* read(const torch::Tensor& tensor) {
  return static_cast<const Number*>(tensor.data_ptr());
}

template <typename Number>
static Number* write(torch::Tensor& tensor) {
  return static_cast<Number*>(tensor.data_ptr());
}

// Calls add(row, first sums, second sums) for every row; the sums by channel in 64 bits.
template <typename Add>
static void sum_rows(int64_t rows, int64_t channels, std::vector<double>& first,
                     std::vector<double>& second, Add add) {
  Floats one(channels), two(channels);
  for (int64_t start = 0; start < rows; start += TOGETHER) {
    std::fill(one.begin(), one.end(), 0.f);
    std::fill(two.begin(), two.end(), 0.f);
    for (int64_t row = start; row < std::min(rows, start + TOGETHER); row++)
      add(row, one.data(), two.data());
    for (int64_t c = 0; c < channels; c++) first[c] += one[c], second[c] += two[c];
  }
}

// Output, mean and 1 / deviation of (N, channels, height, width); `bounded` is with ReLU6. The
// moving mean and variance follow in place.
template <typename Number>
static Tensors norm(torch::Tensor images, torch::Tensor gamma, torch::Tensor beta,
                    torch::Tensor moving_mean, torch::Tensor moving_variance, double momentum,
                    double epsilon, bool bounded) {
  const int64_t channels = images.size(1), rows = images.numel() / channels;
  auto output = torch::empty_like(images);
  auto mean = torch::empty_like(gamma), inverse = torch::empty_like(gamma);
  const Number* in = read<Number>(images);
  Number* out = write<Number>(output);

  std::vector<double> sums(channels), squares(channels);
  sum_rows(rows, channels, sums, squares, [=](int64_t row, float* sum, float* square) {
    const Number* numbers = in + row * channels;
#pragma GCC ivdep
    for (int64_t c = 0; c < channels; c++) {
      const float x = widen(numbers[c]);
      sum[c] += x;
      square[c] += x * x;
    }
  });

  Floats scales(channels), shifts(channels);
  for (int64_t c = 0; c < channels; c++) {
    const double m = sums[c] / rows, v = std::max(squares[c] / rows - m * m, 0.0);
    mean.data_ptr<float>()[c] = m;
    inverse.data_ptr<float>()[c] = 1 / std::sqrt(v + epsilon);
    scales[c] = gamma.data_ptr<float>()[c] * inverse.data_ptr<float>()[c];
    shifts[c] = beta.data_ptr<float>()[c] - m * scales[c];
    float& moving_m = moving_mean.data_ptr<float>()[c];
    float& moving_v = moving_variance.data_ptr<float>()[c];
    moving_m += momentum * (m - moving_m);
    moving_v += momentum * (v * rows / std::max<int64_t>(rows - 1, 1) - moving_v);
  }
  const float *scale = scales.data(), *shift = shifts.data();
  const float least = bounded ? 0.f : -INFINITY, most = bounded ? 6.f : INFINITY;
  for (int64_t row = 0; row < rows; row++) {
    const Number* from = in + row * channels;
    Number* to = out + row * channels;
#pragma GCC ivdep
    for (int64_t c = 0; c < channels; c++)
      store(std::min(std::max(widen(from[c]) * scale[c] + shift[c], least), most), to + c);
  }
  return {output, mean, inverse};
}

// Gradients of images, gamma and beta.
template <typename Number>
static Tensors go_back(torch::Tensor gradient, torch::Tensor images, torch::Tensor gamma,
                       torch::Tensor beta, torch::Tensor mean, torch::Tensor inverse,
                       bool bounded) {
  const int64_t channels = images.size(1), rows = images.numel() / channels;
  auto found = torch::empty_like(images);
  auto found_gamma = torch::empty_like(gamma), found_beta = torch::empty_like(beta);
  const Number *in = read<Number>(images), *above = read<Number>(gradient);
  Number* out = write<Number>(found);

  Floats scales(channels), shifts(channels);
  for (int64_t c = 0; c < channels; c++) {
    scales[c] = gamma.data_ptr<float>()[c] * inverse.data_ptr<float>()[c];
    shifts[c] = beta.data_ptr<float>()[c] - mean.data_ptr<float>()[c] * scales[c];
  }
  const float *scale = scales.data(), *shift = shifts.data();
  const float least = bounded ? 0.f : -INFINITY, most = bounded ? 6.f : INFINITY;

  std::vector<double> sums(channels), products(channels);
  sum_rows(rows, channels, sums, products, [=](int64_t row, float* sum, float* product) {
    const Number *numbers = in + row * channels, *gradients = above + row * channels;
#pragma GCC ivdep
    for (int64_t c = 0; c < channels; c++) {
      const float x = widen(numbers[c]), y = x * scale[c] + shift[c];
      const float g = y > least && y < most ? widen(gradients[c]) : 0.f;
      sum[c] += g;
      product[c] += g * x;
    }
  });

  // scale * (g - mean of g - normalised x * mean of (g * normalised x)), as a line in x
  Floats offsets(channels), slopes(channels);
  for (int64_t c = 0; c < channels; c++) {
    const double m = mean.data_ptr<float>()[c], i = inverse.data_ptr<float>()[c];
    const double by_gamma = (products[c] - m * sums[c]) * i;
    found_gamma.data_ptr<float>()[c] = by_gamma;
    found_beta.data_ptr<float>()[c] = sums[c];
    slopes[c] = -scale[c] * by_gamma * i / rows;
    offsets[c] = -scale[c] * sums[c] / rows - m * slopes[c];
  }
  const float *offset = offsets.data(), *slope = slopes.data();
  for (int64_t row = 0; row < rows; row++) {
    const Number *from = in + row * channels, *gradients = above + row * channels;
    Number* to = out + row * channels;
#pragma GCC ivdep
    for (int64_t c = 0; c < channels; c++) {
      const float x = widen(from[c]), y = x * scale[c] + shift[c];
      const float g = y > least && y < most ? widen(gradients[c]) : 0.f;
      store(scale[c] * g + offset[c] + slope[c] * x, to + c);
    }
  }
  return {found, found_gamma, found_beta};
}

// Gradient of the (N, channels, 2 height, 2 width) input of a depthwise 3x3 convolution of stride 2
// that pads below and to the right; of its output (N, channels, height, width) the gradient is
// given, and its kernel as (3, 3, channels).
template <typename Number>
static torch::Tensor double_back(torch::Tensor gradient, torch::Tensor kernel) {
  const int64_t count = gradient.size(0), channels = gradient.size(1);
  const int64_t height = gradient.size(2), width = gradient.size(3);
  auto found = torch::empty({count, 2 * height, 2 * width, channels}, gradient.options());
  const Number* above = read<Number>(gradient);
  Number* out = write<Number>(found);
  const float* weights = kernel.data_ptr<float>();
  const Floats nothing(channels, 0.f);
  const std::vector<Number> zeros(channels, Number(0));

  // An even row is under rows 0 and 2 of kernels, an odd one under row 1; columns alike.
  for (int64_t at = 0; at < count * 4 * height * width; at++) {
    const int64_t x = at % (2 * width), y = at / (2 * width) % (2 * height);
    const Number* gradients[4];
    const float* kernels[4];
    int taps = 0;
    for (int64_t v = y % 2; v < 3; v += 2)
      for (int64_t u = x % 2; u < 3; u += 2) {
        if (y < v || x < u) continue;
        const int64_t row = at / (4 * height * width) * height + (y - v) / 2;
        gradients[taps] = above + (row * width + (x - u) / 2) * channels;
        kernels[taps++] = weights + (v * 3 + u) * channels;
      }
    for (; taps < 4; taps++) gradients[taps] = zeros.data(), kernels[taps] = nothing.data();
    const Number *a = gradients[0], *b = gradients[1], *c = gradients[2], *d = gradients[3];
    const float *k = kernels[0], *l = kernels[1], *m = kernels[2], *n = kernels[3];
    Number* to = out + at * channels;
    if (y % 2 && x % 2) {
#pragma GCC ivdep
      for (int64_t i = 0; i < channels; i++) store(widen(a[i]) * k[i], to + i);
    } else {
#pragma GCC ivdep
      for (int64_t i = 0; i < channels; i++)
        store(widen(a[i]) * k[i] + widen(b[i]) * l[i] + widen(c[i]) * m[i] + widen(d[i]) * n[i],
              to + i);
    }
  }
  return found.permute({0, 3, 1, 2});
}

static bool is_wide(const torch::Tensor& tensor) {
  const auto kind = tensor.scalar_type();
  TORCH_CHECK(kind == torch::kFloat || kind == torch::kBFloat16, "floats or bfloat16 only");
  return kind == torch::kFloat;
}

Tensors forward(torch::Tensor images, torch::Tensor gamma, torch::Tensor beta, torch::Tensor mean,
                torch::Tensor variance, double momentum, double epsilon, bool bounded) {
  auto call = is_wide(images) ? norm<float> : norm<Bits>;
  return call(images, gamma, beta, mean, variance, momentum, epsilon, bounded);
}

Tensors backward(torch::Tensor gradient, torch::Tensor images, torch::Tensor gamma,
                 torch::Tensor beta, torch::Tensor mean, torch::Tensor inverse, bool bounded) {
  auto call = is_wide(images) ? go_back<float> : go_back<Bits>;
  return call(gradient, images, gamma, beta, mean, inverse, bounded);
}

torch::Tensor halving_backward(torch::Tensor gradient, torch::Tensor kernel) {
  return is_wide(gradient) ? double_back<float>(gradient, kernel)
                           : double_back<Bits>(gradient, kernel);
}

PYBIND11_MODULE(TORCH_EXTENSION_NAME, module) {
  module.def("forward", &forward);
  module.def("backward", &backward);
  module.def("halving_backward", &halving_backward);
}
