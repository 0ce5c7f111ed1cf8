# What the suites say of a gate holds for one with both caches, where every
# question is asked twice: the second answer comes from what is known.
# docs/cache.md.

use strict;
use warnings;

use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib";
use Healthcode::Process;

$ENV{HEALTHCODE_CACHED} = 1;

for my $suite (qw(01-source 03-signature 04-claims 05-risk 07-response
                  08-redirect 09-satisfy 10-traces 11-audit 12-variables
                  15-valgrind 16-require 17-lifecycle)) {
    my $process = Healthcode::Process->spawn(
        [ $^X, "-I$FindBin::Bin/lib", "$FindBin::Bin/$suite.t" ]);
    my $status = $process->wait(120);
    my $out = $process->output;
    my $passed = () = $out =~ /^ok /mg;

    is($status, 0, "$suite, with caches: $passed passed")
        or diag(join "\n", $out =~ /^(not ok .*|#.*)$/mg);
    cmp_ok($passed, '>', 5, "$suite, with caches: all of it ran");
}

done_testing();
