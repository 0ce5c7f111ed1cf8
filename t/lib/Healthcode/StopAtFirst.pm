# Ends a suite at its first failure, as a mutant wants it: what is to be known is
# whether there is one.  What the suite has started ends with it.
#
#     PERL5OPT="-I$PWD/t/lib -MHealthcode::StopAtFirst" prove t/06-outage.t

package Healthcode::StopAtFirst;

use strict;
use warnings;

use Test2::API qw(test2_add_callback_context_release);

test2_add_callback_context_release(sub {
    my ($context) = @_;
    return if $context->hub->is_passing;
    print STDERR "# stopped at the first failure\n";
    exit 1;
});

1;
