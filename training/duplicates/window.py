"""The similarities that everything here means: two windows of scikit-image's SSIM.

`Window.mean_ssim` is the judge. The constants are those of the paper [1]_ and of
scikit-image (``data_range=255``).

References
----------
.. [1] Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli: Image quality
   assessment: from error visibility to structural similarity. IEEE Transactions on
   Image Processing 13(4), 600-612, 2004. doi:10.1109/TIP.2003.819861
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from ..errors import InputError
from .ssim_constants import C1, C1_SUMS, C2, C2_SUMS, RADIUS, SIDE, SIGMA, Frame


class Window(ABC):
    """One way to weigh the pixels around each place of a frame.

    Attributes
    ----------
    name
        As reports name it.
    side
        Of the window, in pixels.
    text
        For people.
    c1, c2
        The constants in the units of this window's summaries: of the square of its
        mean and of its variance.
    """

    name: ClassVar[str]
    side: ClassVar[int]
    text: ClassVar[str]
    c1: ClassVar[float]
    c2: ClassVar[float]
    #: How far summaries, kept in float32, may overstate a bound of the mean deficit.
    #: Each sum has a relative error below r = 75 2^-24 (24 rows, 24 columns, 25
    #: blocks); (sum s)^2 <= |B| sum v turns it into 2.9 r |B| of a block's bound, the
    #: divisor adds 2 r |B|: 2.2e-5 in all. The Gaussian's variances, cut at 0, add
    #: 2e-6.
    slack: ClassVar[float] = 3e-5

    @abstractmethod
    def mean_ssim(self, a: Frame, b: Frame) -> float:
        """Return scikit-image's mean SSIM of two (H, W) uint8 frames, in float64."""

    @abstractmethod
    def rounding_band(self, shape: tuple[int, int], threshold: float) -> float:
        """Return how far our mean SSIM and scikit-image's may lie apart near it."""

    def settle(self, a: Frame, b: Frame, threshold: float) -> float:
        """Return a mean SSIM that is above the threshold if scikit-image's is.

        For pairs within the rounding band of the threshold.
        """
        return self.mean_ssim(a, b)

    def n_windows(self, shape: tuple[int, int]) -> int:
        """Return how many windows lie wholly inside a frame of ``shape`` (H, W)."""
        return (shape[0] - self.side + 1) * (shape[1] - self.side + 1)


class Uniform7(Window):
    """scikit-image's defaults: 7 x 7 equal weights, sample covariance."""

    name = "uniform7"
    side = SIDE
    text = "7 x 7, equal weights"
    c1, c2 = C1_SUMS, C2_SUMS

    def mean_ssim(self, a: Frame, b: Frame) -> float:
        """Return scikit-image's mean SSIM of two (H, W) uint8 frames, in float64."""
        from skimage.metrics import structural_similarity

        compare: Any = structural_similarity
        return float(compare(a, b, win_size=SIDE, data_range=255))

    def rounding_band(self, shape: tuple[int, int], threshold: float) -> float:
        """Return how far our mean SSIM and scikit-image's may lie apart near it.

        Ours sums non-negative float32 terms, each with a relative error below
        32 2^-24, along rows of W terms at most: (W + 32) 2^-24 of 1 - SSIM, taken
        twice. scikit-image's comes from SciPy's running sums in float64, whose error
        grows with the side of the frame: at most 2 (H + W) 2^-53 255^2 in a mean of
        squares, which enters divided by C2 = 58.5 at most eight times.
        """
        height, width = shape
        ours = 2 * (width + 32) * 2.0**-24 * (1 - threshold)
        theirs = 16 * (height + width) * 2.0**-53 * 255**2 / C2
        return ours + theirs + 1e-9


class Gaussian(Window):
    """The paper's window: Gaussian weights, sigma 1.5, cut to 11 x 11.

    It is scikit-image's ``gaussian_weights=True, sigma=1.5,
    use_sample_covariance=False``.
    """

    name = "gaussian"
    side = 2 * RADIUS + 1
    text = "11 x 11, Gaussian weights of sigma 1.5"
    c1, c2 = C1, C2

    def mean_ssim(self, a: Frame, b: Frame) -> float:
        """Return scikit-image's mean SSIM of two (H, W) uint8 frames, in float64."""
        from skimage.metrics import structural_similarity

        compare: Any = structural_similarity
        return float(
            compare(
                a,
                b,
                data_range=255,
                gaussian_weights=True,
                sigma=SIGMA,
                use_sample_covariance=False,
            )
        )

    def rounding_band(self, shape: tuple[int, int], threshold: float) -> float:
        """Return how far our mean SSIM and scikit-image's may lie apart near it.

        Ours is float32. Let E be the weighted sum of u^2 or of w^2, where w = x - y
        and u = x + y less a number from 0 to 510. E has a relative error below 26
        2^-24, for 11 products are added up twice in any order and the weights are
        rounded; the mean's square subtracted, a variance has an error below 80 2^-24 E.
        As E(u^2) + E(w^2) <= 4 255^2, half of which is divided by C2 = 58.5, the
        quotient's divisor makes at most 1.1 % of d. In the dividend the error is 80
        2^-24 (mw^2 + vw) / C2, where vw enters d itself and d >= mw^2 / (2 255^2 + C1):
        1.1 % again. The rest, and the sum over a row of W windows, adds less than
        (W + 1000) 2^-24.
        """
        relative = 0.022 + (shape[1] + 1000) * 2.0**-24
        return relative * (1 - threshold) / (1 - relative) + self._DOUBLE_BAND

    #: The same for sums in float64, as scikit-image's are: 22 weighted terms below
    #: 510^2, an absolute error below 64 2^-53 510^2 in each variance, which enters
    #: divided by C2 = 58.5 at most eight times, make 2.6e-10; the mean over the
    #: windows adds less.
    _DOUBLE_BAND = 2e-9

    def settle(self, a: Frame, b: Frame, threshold: float) -> float:
        """Return a mean SSIM that is above the threshold if scikit-image's is.

        Summed again in float64, and scikit-image's only where that does not tell.
        """
        from .gaussian import double_sum

        ssim = 1 - double_sum(a, b) / self.n_windows(a.shape)
        if abs(ssim - threshold) <= self._DOUBLE_BAND:
            return self.mean_ssim(a, b)
        return ssim


WINDOWS: dict[str, Window] = {
    window.name: window for window in (Uniform7(), Gaussian())
}
#: The window of the projects that this one follows, and the default.
WINDOW = Uniform7.name


def get_window(name: str) -> Window:
    """Return the window of that name.

    Raises
    ------
    InputError
        If there is none.
    """
    if name not in WINDOWS:
        known = " or ".join(f"{w.name!r} ({w.text})" for w in WINDOWS.values())
        raise InputError(f"There is no SSIM window {name!r}; use {known}.")
    return WINDOWS[name]
