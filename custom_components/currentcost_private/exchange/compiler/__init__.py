"""C programs as circuits: the provider's question as source that people can read."""

from .errors import ProgramError
from .program import Input, Output, Program, compile_program

__all__ = ["Input", "Output", "Program", "ProgramError", "compile_program"]
