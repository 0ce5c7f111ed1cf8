# Simulated readers ask redis-scripts/passage.lua itself, in a real Redis: a
# message and the word of its answer as those of Healthcode::Live::Passage::Gates.
# docs/redis-keys.md, "healthcode:hall".

package Healthcode::Live::Passage::Script;

use strict;
use warnings;

use Digest::SHA ();
use Healthcode::Keys qw(meta_key);

# new(addresses => [SOCKET], script => TEXT, instance => HEX, life => SECONDS)
sub new {
    my ($class, %opt) = @_;
    return bless { %opt, sha => Digest::SHA::sha1_hex($opt{script}) }, $class;
}

sub message {
    my ($self, $what, $p) = @_;
    my $hall = $p->{hall};
    my @words = $what =~ /^(enter|leave)$/
        ? ($hall->{once}, $p->{holder}{digest}, $p->{code}{digest}, $p->id,
           defined $p->{nonce} ? $hall->{retry} * 1000 : 0, $hall->{hold} * 1000,
           $hall->{later}, 0, $self->{life})
        : ($p->id);
    my @eval = delete $self->{unknown} ? ('EVAL', $self->{script}) : ('EVALSHA', $self->{sha});
    my @all = (@eval, scalar @{ $hall->{keys} }, @{ $hall->{keys} }, $what, $self->{instance},
               @words, meta_key($hall->{keys}[0] =~ /\{(..)\}/));
    return '*' . @all . "\r\n" . join '', map { '$' . length() . "\r\n$_\r\n" } @all;
}


my %PASSES = (passed => 'allow', again => 'allow', unproven => 'busy');

sub answer {
    my ($self, $in) = @_;

    if ($$in =~ /\A-(.*?)\r\n/) {
        my $error = $1;
        $$in = '';
        $self->{unknown} = 1 if $error =~ /^NOSCRIPT/;
        return $error =~ /^(NOSCRIPT|LOADING|MASTERDOWN)/ ? 'busy' : "error $error";
    }
    $$in =~ /\A\*\d+\r\n\$\d+\r\n(\w+)\r\n(?::\d+\r\n)?\z/ or return undef;
    my $word = $1;
    $$in = '';
    return $PASSES{$word} // $word;
}

1;
