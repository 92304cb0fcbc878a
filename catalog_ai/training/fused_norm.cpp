// Batch norm and ReLU6 together, forward and back, of bfloat16 numbers with channels last in memory.
//
// Training MobileNetV2 on a processor waits for memory more than for arithmetic. PyTorch's two
// functions go through the numbers of a layer six times, these four times.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include <torch/extension.h>

using Bits = uint16_t;  // of a bfloat16: the upper half of a float
using Floats = std::vector<float>;

constexpr int64_t TOGETHER = 64;  // rows summed up in 32 bits before they go to 64

static inline float widen(Bits bits) {
  const uint32_t wide = static_cast<uint32_t>(bits) << 16;
  float number;
  std::memcpy(&number, &wide, sizeof number);
  return number;
}

static inline Bits narrow(float number) {
  uint32_t wide;
  std::memcpy(&wide, &number, sizeof wide);
  return static_cast<Bits>((wide + 0x7fff + ((wide >> 16) & 1)) >> 16);  // to the nearest, ties to even
}

static const Bits* read(const torch::Tensor& tensor) {
  return static_cast<const Bits*>(tensor.data_ptr());
}

static Bits* write(torch::Tensor& tensor) { return static_cast<Bits*>(tensor.data_ptr()); }

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
std::vector<torch::Tensor> forward(torch::Tensor images, torch::Tensor gamma, torch::Tensor beta,
                                   torch::Tensor moving_mean, torch::Tensor moving_variance,
                                   double momentum, double epsilon, bool bounded) {
  const int64_t channels = images.size(1), rows = images.numel() / channels;
  auto output = torch::empty_like(images);
  auto mean = torch::empty_like(gamma), inverse = torch::empty_like(gamma);
  const Bits* in = read(images);
  Bits* out = write(output);

  std::vector<double> sums(channels), squares(channels);
  sum_rows(rows, channels, sums, squares, [=](int64_t row, float* sum, float* square) {
    const Bits* numbers = in + row * channels;
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
    const Bits* from = in + row * channels;
    Bits* to = out + row * channels;
#pragma GCC ivdep
    for (int64_t c = 0; c < channels; c++)
      to[c] = narrow(std::min(std::max(widen(from[c]) * scale[c] + shift[c], least), most));
  }
  return {output, mean, inverse};
}

// Gradients of images, gamma and beta.
std::vector<torch::Tensor> backward(torch::Tensor gradient, torch::Tensor images,
                                    torch::Tensor gamma, torch::Tensor beta, torch::Tensor mean,
                                    torch::Tensor inverse, bool bounded) {
  const int64_t channels = images.size(1), rows = images.numel() / channels;
  auto found = torch::empty_like(images);
  auto found_gamma = torch::empty_like(gamma), found_beta = torch::empty_like(beta);
  const Bits *in = read(images), *above = read(gradient);
  Bits* out = write(found);

  Floats scales(channels), shifts(channels);
  for (int64_t c = 0; c < channels; c++) {
    scales[c] = gamma.data_ptr<float>()[c] * inverse.data_ptr<float>()[c];
    shifts[c] = beta.data_ptr<float>()[c] - mean.data_ptr<float>()[c] * scales[c];
  }
  const float *scale = scales.data(), *shift = shifts.data();
  const float least = bounded ? 0.f : -INFINITY, most = bounded ? 6.f : INFINITY;

  std::vector<double> sums(channels), products(channels);
  sum_rows(rows, channels, sums, products, [=](int64_t row, float* sum, float* product) {
    const Bits *numbers = in + row * channels, *gradients = above + row * channels;
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
    const Bits *from = in + row * channels, *gradients = above + row * channels;
    Bits* to = out + row * channels;
#pragma GCC ivdep
    for (int64_t c = 0; c < channels; c++) {
      const float x = widen(from[c]), y = x * scale[c] + shift[c];
      const float g = y > least && y < most ? widen(gradients[c]) : 0.f;
      to[c] = narrow(scale[c] * g + offset[c] + slope[c] * x);
    }
  }
  return {found, found_gamma, found_beta};
}

PYBIND11_MODULE(TORCH_EXTENSION_NAME, module) {
  module.def("forward", &forward);
  module.def("backward", &backward);
}
